kubectl create serviceaccount storefront -n @{namespace}
kubectl patch serviceaccount storefront -n @{namespace} -p '{"automountServiceAccountToken":false}'
kubectl patch serviceaccount shop -n @{namespace} -p '{"automountServiceAccountToken":false}'
kubectl patch deployment reporter -n @{namespace} -p '{"spec":{"template":{"spec":{"automountServiceAccountToken":true}}}}'
kubectl set serviceaccount deployment storefront storefront -n @{namespace}
kubectl rollout status deployment reporter -n @{namespace} --timeout=60s
kubectl rollout status deployment storefront -n @{namespace} --timeout=60s
