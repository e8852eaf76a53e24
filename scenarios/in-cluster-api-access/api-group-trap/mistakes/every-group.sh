kubectl patch role rollout-board -n @{namespace} --type=json \
  -p '[{"op":"replace","path":"/rules","value":[{"apiGroups":["*"],"resources":["pods","deployments"],"verbs":["get","list"]}]}]'
