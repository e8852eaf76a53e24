kubectl exec @{program} -n @{namespace} -- sh -c '
  TOKEN=$(cat /var/run/secrets/kubernetes.io/serviceaccount/token)
  curl --silent --request GET --cacert /var/run/secrets/kubernetes.io/serviceaccount/ca.crt --header "Authorization: Bearer $TOKEN" --output /tmp/pods.json \
    "https://kubernetes.default.svc.cluster.local:443/api/v1/namespaces/@{namespace}/pods?limit=500"'
