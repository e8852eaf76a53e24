# Rights add up: one Role for each verb is as good as one for both.
kubectl create sa @{account} -n @{namespace}
kubectl create role get-secrets --verb=get --resource=secrets -n @{namespace}
kubectl create role list-secrets --verb=list --resource=secrets -n @{namespace}
kubectl create rolebinding get-secrets --role=get-secrets --serviceaccount=@{namespace}:@{account} -n @{namespace}
kubectl create rolebinding list-secrets --role=list-secrets --serviceaccount=@{namespace}:@{account} -n @{namespace}
kubectl set sa deploy @{program} @{account} -n @{namespace}
kubectl rollout status deployment @{program} -n @{namespace} --timeout=60s
