# The binding stays, and names the new account instead.
kubectl create serviceaccount @{program} -n @{namespace}
kubectl set serviceaccount deployment @{program} @{program} -n @{namespace}
kubectl patch rolebinding @{binding} -n @{namespace} --type=json -p '[{"op":"replace","path":"/subjects/0/name","value":"@{program}"}]'
kubectl rollout status deployment @{program} -n @{namespace} --timeout=60s
