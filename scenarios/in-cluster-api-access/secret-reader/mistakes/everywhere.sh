kubectl create serviceaccount secret-reader -n @{namespace}
kubectl create clusterrole secret-reader --verb=get,list --resource=secrets
kubectl create clusterrolebinding secret-reader --clusterrole=secret-reader --serviceaccount=@{namespace}:secret-reader
kubectl set serviceaccount deployment vault-sync secret-reader -n @{namespace}
kubectl rollout status deployment vault-sync -n @{namespace} --timeout=60s
