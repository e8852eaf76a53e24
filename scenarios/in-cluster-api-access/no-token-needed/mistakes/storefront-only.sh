kubectl patch deployment storefront -n @{namespace} -p '{"spec":{"template":{"spec":{"automountServiceAccountToken":false}}}}'
kubectl rollout status deployment storefront -n @{namespace} --timeout=60s
