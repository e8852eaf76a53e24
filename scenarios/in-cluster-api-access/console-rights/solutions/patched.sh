kubectl patch role @{team} -n @{namespace} --type=json -p '[
  {"op":"add","path":"/rules/-","value":{"apiGroups":[""],"resources":["pods/log"],"verbs":["get"]}},
  {"op":"add","path":"/rules/-","value":{"apiGroups":["apps"],"resources":["deployments/scale"],"verbs":["get","update","patch"]}}]'
