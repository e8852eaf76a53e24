kubectl create serviceaccount secret-reader -n @{namespace}
kubectl create role secret-reader --verb=get,list --resource=secrets -n @{namespace}
kubectl create rolebinding secret-reader --role=secret-reader --serviceaccount=@{namespace}:secret-reader -n @{namespace}
kubectl set serviceaccount deployment vault-sync secret-reader -n @{namespace}
kubectl rollout status deployment vault-sync -n @{namespace} --timeout=60s
