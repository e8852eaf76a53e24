kubectl get rolebinding release-bot -n @{namespace} -o yaml |
  kubectl patch --local -f - --type merge -p '{"roleRef":{"name":"deployment-reader"}}' -o yaml |
  kubectl replace --force -f -
