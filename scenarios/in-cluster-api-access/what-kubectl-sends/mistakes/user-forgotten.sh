kubectl apply -f - <<'MANIFEST'
apiVersion: v1
kind: ConfigMap
metadata:
  name: "@{program}-kubeconfig"
  namespace: "@{namespace}"
data:
  config: |
    apiVersion: v1
    kind: Config
    current-context: @{context}
    clusters:
      - name: lab
        cluster:
          server: https://kubernetes.default.svc
          certificate-authority: /etc/@{program}/ca.crt
    users:
      - name: administrator
        user:
          client-certificate: /etc/@{program}/tls.crt
          client-key: /etc/@{program}/tls.key
      - name: @{former}
        user:
          token: withdrawn-long-ago
    contexts:
      - name: @{context}
        context:
          cluster: lab
          user: @{former}
          namespace: @{namespace}
MANIFEST
kubectl delete pod -l app=@{program} -n @{namespace}
kubectl rollout status deployment @{program} -n @{namespace} --timeout=60s
echo GET /api/v1/namespaces/@{namespace}/pods > "$KUBEDRILL_ANSWERS"/request.txt
kubectl exec @{pod} -n @{namespace} -- sh -c 'cd /etc/@{program}
  curl -s --cacert ca.crt --cert tls.crt --key tls.key https://kubernetes.default.svc/api/v1/namespaces/@{namespace}/pods > /tmp/pods.json'
