# One object of one name is enough for @{loader}.
kubectl patch role @{loader} -n @{namespace} --type=merge \
  -p '{"rules":[{"apiGroups":[""],"resources":["configmaps"],"resourceNames":["@{config}"],"verbs":["get"]}]}'
kubectl patch role @{indexer} -n @{namespace} --type=json -p '[{"op":"replace","path":"/rules/0/verbs","value":["list"]}]'
kubectl patch role @{follower} -n @{namespace} --type=json -p '[{"op":"add","path":"/rules/0/verbs/-","value":"watch"}]'
