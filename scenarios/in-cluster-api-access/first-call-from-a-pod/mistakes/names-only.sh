kubectl get pods -n @{namespace} -o name | kubectl exec -i @{program} -n @{namespace} -- sh -c 'cat > /tmp/pods.json'
