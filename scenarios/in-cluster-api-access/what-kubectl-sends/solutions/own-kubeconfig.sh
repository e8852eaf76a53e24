# A kubeconfig that works elsewhere works here too, once it names the server as Pods know it: the files may be inside of it.
config=$(mktemp)
kubectl config view --raw --minify --flatten > "$config"
kubectl --kubeconfig "$config" config set-cluster "$(kubectl --kubeconfig "$config" config view -o jsonpath='{.clusters[0].name}')" \
  --server=https://kubernetes.default.svc
kubectl --kubeconfig "$config" config set-context --current --namespace=@{namespace}
kubectl create configmap @{program}-kubeconfig -n @{namespace} --from-file=config="$config" --dry-run=client -o yaml | kubectl replace -f -
rm "$config"
kubectl rollout restart deployment @{program} -n @{namespace}
kubectl rollout status deployment @{program} -n @{namespace} --timeout=60s
# What kubectl itself tells of its request: the first line with a URL that ends in pods.
kubectl get pods -n @{namespace} -v=8 2>&1 | while read -r line; do
  case $line in *GET*https://*/pods*)
    path=/${line#*https://*/}
    echo "GET ${path%%[?\"]*}"
    break
  esac
done > "$KUBEDRILL_ANSWERS"/request.txt
kubectl exec @{pod} -n @{namespace} -- sh -c 'curl -s --cacert /etc/@{program}/ca.crt --cert /etc/@{program}/tls.crt --key /etc/@{program}/tls.key \
  https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT/api/v1/namespaces/@{namespace}/pods | tee /tmp/pods.json > /dev/null'
