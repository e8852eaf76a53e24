kubectl create serviceaccount api-client -n @{namespace}
kubectl create role list-pods --verb=list --resource=pods -n @{namespace}
kubectl create rolebinding list-pods --role=list-pods --serviceaccount=@{namespace}:api-client -n @{namespace}
kubectl set serviceaccount deployment api-client api-client -n @{namespace}
kubectl rollout status deployment api-client -n @{namespace} --timeout=60s
