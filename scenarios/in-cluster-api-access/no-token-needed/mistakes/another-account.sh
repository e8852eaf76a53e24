kubectl create serviceaccount @{front} -n @{namespace}
kubectl patch serviceaccount @{front} -n @{namespace} -p '{"automountServiceAccountToken":false}'
kubectl patch serviceaccount @{account} -n @{namespace} -p '{"automountServiceAccountToken":false}'
kubectl patch deployment @{program} -n @{namespace} -p '{"spec":{"template":{"spec":{"automountServiceAccountToken":true}}}}'
kubectl set serviceaccount deployment @{front} @{front} -n @{namespace}
kubectl rollout status deployment @{program} -n @{namespace} --timeout=60s
kubectl rollout status deployment @{front} -n @{namespace} --timeout=60s
