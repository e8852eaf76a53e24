kubectl patch role @{program} -n @{namespace} --type=json -p '[{"op":"replace","path":"/rules/0/apiGroups","value":["apps"]}]'
