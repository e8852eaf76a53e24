kubectl apply -f - <<'MANIFEST'
apiVersion: v1
kind: ConfigMap
metadata:
  name: console-kubeconfig
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
          certificate-authority: /etc/console/ca.crt
    users:
      - name: administrator
        user:
          client-certificate: /etc/console/tls.crt
          client-key: /etc/console/tls.key
    contexts:
      - name: @{context}
        context:
          cluster: lab
          user: administrator
          namespace: @{namespace}
MANIFEST
kubectl delete pod -l app=console -n @{namespace}
kubectl rollout status deployment console -n @{namespace} --timeout=60s
echo GET /api/v1/namespaces/@{namespace}/pods > "$KUBEDRILL_ANSWERS"/request.txt
kubectl exec terminal -n @{namespace} -- curl --silent --request GET --cacert /etc/console/ca.crt --cert /etc/console/tls.crt --key /etc/console/tls.key \
  --output /tmp/pods.json "https://kubernetes.default.svc:443/api/v1/namespaces/@{namespace}/pods?limit=500"
