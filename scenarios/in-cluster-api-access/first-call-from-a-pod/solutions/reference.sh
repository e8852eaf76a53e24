kubectl exec @{program} -n @{namespace} -- sh -c '
  cd /var/run/secrets/kubernetes.io/serviceaccount
  curl -s --cacert ca.crt -H "Authorization: Bearer $(cat token)" https://kubernetes.default.svc/api/v1/namespaces/$(cat namespace)/pods > /tmp/pods.json'
