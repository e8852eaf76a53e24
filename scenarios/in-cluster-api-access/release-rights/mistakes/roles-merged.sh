kubectl delete rolebinding @{program} -n @{namespace}
kubectl create rolebinding @{program} --role=@{role} --serviceaccount=@{namespace}:@{program} -n @{namespace}
kubectl patch role @{role} -n @{namespace} --type=json \
  -p '[{"op":"add","path":"/rules/-","value":{"apiGroups":[""],"resources":["pods"],"verbs":["get","list"]}}]'
