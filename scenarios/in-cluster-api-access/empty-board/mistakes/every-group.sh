kubectl patch role @{program} -n @{namespace} --type=json \
  -p '[{"op":"replace","path":"/rules","value":[{"apiGroups":["*"],"resources":["pods","deployments"],"verbs":["get","list"]}]}]'
