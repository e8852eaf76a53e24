kubectl create serviceaccount @{account} -n @{namespace}
kubectl create clusterrole @{account} --verb=get,list --resource=secrets
kubectl create clusterrolebinding @{account} --clusterrole=@{account} --serviceaccount=@{namespace}:@{account}
kubectl set serviceaccount deployment @{program} @{account} -n @{namespace}
kubectl rollout status deployment @{program} -n @{namespace} --timeout=60s
