kubectl get rolebinding release-bot -n @{namespace} -o yaml | sed 's/name: pod-reader/name: deployment-reader/' | kubectl replace --force -f -
