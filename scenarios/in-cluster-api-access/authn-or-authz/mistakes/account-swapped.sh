kubectl create rolebinding librarian --role=configmap-reader --serviceaccount=@{namespace}:librarian -n @{namespace}
kubectl set serviceaccount deployment gatekeeper librarian -n @{namespace}
kubectl rollout status deployment gatekeeper -n @{namespace} --timeout=60s
