kubectl create rolebinding @{second} --role=@{role} --serviceaccount=@{namespace}:@{second} -n @{namespace}
kubectl set serviceaccount deployment @{first} @{second} -n @{namespace}
kubectl rollout status deployment @{first} -n @{namespace} --timeout=60s
