kubectl create role smtp --verb=get --resource=secrets --resource-name=smtp-credentials -n @{namespace}
kubectl create rolebinding smtp --role=smtp --serviceaccount=@{namespace}:default -n @{namespace}
kubectl set serviceaccount deployment mailer default -n @{namespace}
kubectl rollout status deployment mailer -n @{namespace} --timeout=60s
