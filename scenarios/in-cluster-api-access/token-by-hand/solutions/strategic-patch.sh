kubectl patch deployment @{host}-agent -n @{namespace} -p '
spec:
  template:
    spec:
      volumes:
        - name: "@{host}-token"
          secret: null
          projected:
            sources:
              - serviceAccountToken:
                  path: token
                  audience: "@{host}.example.com"
                  expirationSeconds: @{seconds}'
kubectl rollout status deployment @{host}-agent -n @{namespace} --timeout=60s
kubectl delete secret @{host}-agent-token -n @{namespace}
