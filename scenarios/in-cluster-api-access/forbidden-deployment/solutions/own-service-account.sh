kubectl create serviceaccount @{program} -n @{namespace}
kubectl create role list-pods --verb=list --resource=pods -n @{namespace}
kubectl create rolebinding list-pods --role=list-pods --serviceaccount=@{namespace}:@{program} -n @{namespace}
kubectl set serviceaccount deployment @{program} @{program} -n @{namespace}
kubectl rollout status deployment @{program} -n @{namespace} --timeout=60s
