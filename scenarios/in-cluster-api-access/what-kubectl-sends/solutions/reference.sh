config=$(mktemp)
kubectl get configmap @{program}-kubeconfig -n @{namespace} -o jsonpath='{.data.config}' > "$config"
kubectl --kubeconfig "$config" config use-context @{context}
kubectl --kubeconfig "$config" config set-cluster lab --server=https://kubernetes.default.svc --certificate-authority=/etc/@{program}/ca.crt
kubectl --kubeconfig "$config" config set-context @{context} --user=administrator
kubectl create configmap @{program}-kubeconfig -n @{namespace} --from-file=config="$config" --dry-run=client -o yaml | kubectl replace -f -
rm "$config"
kubectl rollout restart deployment @{program} -n @{namespace}
kubectl rollout status deployment @{program} -n @{namespace} --timeout=60s
echo GET /api/v1/namespaces/@{namespace}/pods > "$KUBEDRILL_ANSWERS"/request.txt
kubectl exec @{pod} -n @{namespace} -- sh -c 'cd /etc/@{program}
  curl -s --cacert ca.crt --cert tls.crt --key tls.key https://kubernetes.default.svc/api/v1/namespaces/@{namespace}/pods > /tmp/pods.json'
