kubectl patch role @{program} -n @{namespace} --type=json -p '[
  {"op":"replace","path":"/rules/0/verbs","value":["get"]},
  {"op":"add","path":"/rules/0/resourceNames","value":["@{secret}"]}]'
