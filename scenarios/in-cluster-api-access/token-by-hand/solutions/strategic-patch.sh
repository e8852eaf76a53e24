kubectl patch deployment vault-agent -n @{namespace} -p '
spec:
  template:
    spec:
      volumes:
        - name: vault-token
          secret: null
          projected:
            sources:
              - serviceAccountToken:
                  path: token
                  audience: vault.example.com
                  expirationSeconds: 600'
kubectl rollout status deployment vault-agent -n @{namespace} --timeout=60s
kubectl delete secret vault-agent-token -n @{namespace}
