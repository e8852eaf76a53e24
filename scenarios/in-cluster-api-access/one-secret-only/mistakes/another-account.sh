kubectl create role smtp --verb=get --resource=secrets --resource-name=@{secret} -n @{namespace}
kubectl create rolebinding smtp --role=smtp --serviceaccount=@{namespace}:default -n @{namespace}
kubectl set serviceaccount deployment @{program} default -n @{namespace}
kubectl rollout status deployment @{program} -n @{namespace} --timeout=60s
