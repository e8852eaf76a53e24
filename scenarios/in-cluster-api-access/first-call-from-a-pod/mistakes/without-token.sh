kubectl exec @{program} -n @{namespace} -- sh -c '
  curl -s --cacert /var/run/secrets/kubernetes.io/serviceaccount/ca.crt https://kubernetes.default.svc/api/v1/namespaces/@{namespace}/pods > /tmp/pods.json'
