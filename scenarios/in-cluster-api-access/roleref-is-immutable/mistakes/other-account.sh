kubectl create serviceaccount releaser -n @{namespace}
kubectl create rolebinding releaser --role=deployment-reader --serviceaccount=@{namespace}:releaser -n @{namespace}
kubectl set serviceaccount deployment release-bot releaser -n @{namespace}
kubectl rollout status deployment release-bot -n @{namespace} --timeout=60s
