# A kubeconfig that works elsewhere works here too, once it names the server as Pods know it: the files may be inside of it.
config=$(mktemp)
kubectl config view --raw --minify --flatten > "$config"
kubectl --kubeconfig "$config" config set-cluster "$(kubectl --kubeconfig "$config" config view -o jsonpath='{.clusters[0].name}')" \
  --server=https://kubernetes.default.svc
kubectl --kubeconfig "$config" config set-context --current --namespace=@{namespace}
kubectl create configmap console-kubeconfig -n @{namespace} --from-file=config="$config" --dry-run=client -o yaml | kubectl replace -f -
rm "$config"
kubectl rollout restart deployment console -n @{namespace}
kubectl rollout status deployment console -n @{namespace} --timeout=60s
# What kubectl itself tells of its request: the first line with a URL that ends in pods.
kubectl get pods -n @{namespace} -v=8 2>&1 | while read -r line; do
  case $line in *GET*https://*/pods*)
    path=/${line#*https://*/}
    echo "GET ${path%%[?\"]*}"
    break
  esac
done > "$KUBEDRILL_ANSWERS"/request.txt
kubectl exec terminal -n @{namespace} -- sh -c 'curl -s --cacert /etc/console/ca.crt --cert /etc/console/tls.crt --key /etc/console/tls.key \
  https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT/api/v1/namespaces/@{namespace}/pods | tee /tmp/pods.json > /dev/null'
