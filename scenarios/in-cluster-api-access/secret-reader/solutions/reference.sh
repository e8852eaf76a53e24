kubectl create serviceaccount @{account} -n @{namespace}
kubectl create role @{account} --verb=get,list --resource=secrets -n @{namespace}
kubectl create rolebinding @{account} --role=@{account} --serviceaccount=@{namespace}:@{account} -n @{namespace}
kubectl set serviceaccount deployment @{program} @{account} -n @{namespace}
kubectl rollout status deployment @{program} -n @{namespace} --timeout=60s
