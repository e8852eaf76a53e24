kubectl create rolebinding @{program}-view --clusterrole=view --serviceaccount=@{namespace}:default -n @{namespace}
kubectl patch deployment @{program} -n @{namespace} -p '{"spec":{"template":{"spec":{"automountServiceAccountToken":true}}}}'
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
          tokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token
    contexts:
      - name: @{context}
        context:
          cluster: lab
          user: administrator
          namespace: @{namespace}
MANIFEST
kubectl delete pod -l app=@{program} -n @{namespace}
kubectl rollout status deployment @{program} -n @{namespace} --timeout=60s
echo GET /api/v1/namespaces/@{namespace}/pods > "$KUBEDRILL_ANSWERS"/request.txt
kubectl exec @{pod} -n @{namespace} -- sh -c 'cd /etc/@{program}
  curl -s --cacert ca.crt --cert tls.crt --key tls.key https://kubernetes.default.svc/api/v1/namespaces/@{namespace}/pods > /tmp/pods.json'
