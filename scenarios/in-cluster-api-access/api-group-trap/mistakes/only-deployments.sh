kubectl patch role rollout-board -n @{namespace} --type=json -p '[{"op":"replace","path":"/rules/0/apiGroups","value":["apps"]}]'
