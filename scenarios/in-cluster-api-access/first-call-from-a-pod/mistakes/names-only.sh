kubectl get pods -n @{namespace} -o name | kubectl exec -i explorer -n @{namespace} -- sh -c 'cat > /tmp/pods.json'
