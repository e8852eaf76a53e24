# The address of the Service is in every container's environment; the certificate is good for it, too.
kubectl exec @{program} -n @{namespace} -- sh -c '
  curl -s --cacert /var/run/secrets/kubernetes.io/serviceaccount/ca.crt -H "Authorization: Bearer $(cat /var/run/secrets/kubernetes.io/serviceaccount/token)" \
    https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT/api/v1/namespaces/@{namespace}/pods | tee /tmp/pods.json > /dev/null'
