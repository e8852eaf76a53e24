# The binding stays, and names the new account instead.
kubectl create serviceaccount watchman -n @{namespace}
kubectl set serviceaccount deployment watchman watchman -n @{namespace}
kubectl patch rolebinding convenience -n @{namespace} --type=json -p '[{"op":"replace","path":"/subjects/0/name","value":"watchman"}]'
kubectl rollout status deployment watchman -n @{namespace} --timeout=60s
