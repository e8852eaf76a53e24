kubectl get rolebinding @{program} -n @{namespace} -o yaml |
  kubectl patch --local -f - --type merge -p '{"roleRef":{"name":"@{role}"}}' -o yaml |
  kubectl replace --force -f -
