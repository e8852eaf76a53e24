kubectl create serviceaccount releaser -n @{namespace}
kubectl create rolebinding releaser --role=@{role} --serviceaccount=@{namespace}:releaser -n @{namespace}
kubectl set serviceaccount deployment @{program} releaser -n @{namespace}
kubectl rollout status deployment @{program} -n @{namespace} --timeout=60s
