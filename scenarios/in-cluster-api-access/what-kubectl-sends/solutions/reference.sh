config=$(mktemp)
kubectl get configmap console-kubeconfig -n @{namespace} -o jsonpath='{.data.config}' > "$config"
kubectl --kubeconfig "$config" config use-context @{context}
kubectl --kubeconfig "$config" config set-cluster lab --server=https://kubernetes.default.svc --certificate-authority=/etc/console/ca.crt
kubectl --kubeconfig "$config" config set-context @{context} --user=administrator
kubectl create configmap console-kubeconfig -n @{namespace} --from-file=config="$config" --dry-run=client -o yaml | kubectl replace -f -
rm "$config"
kubectl rollout restart deployment console -n @{namespace}
kubectl rollout status deployment console -n @{namespace} --timeout=60s
echo GET /api/v1/namespaces/@{namespace}/pods > "$KUBEDRILL_ANSWERS"/request.txt
kubectl exec terminal -n @{namespace} -- sh -c 'cd /etc/console
  curl -s --cacert ca.crt --cert tls.crt --key tls.key https://kubernetes.default.svc/api/v1/namespaces/@{namespace}/pods > /tmp/pods.json'
