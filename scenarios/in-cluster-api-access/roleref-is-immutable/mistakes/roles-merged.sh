kubectl delete rolebinding release-bot -n @{namespace}
kubectl create rolebinding release-bot --role=deployment-reader --serviceaccount=@{namespace}:release-bot -n @{namespace}
kubectl patch role deployment-reader -n @{namespace} --type=json \
  -p '[{"op":"add","path":"/rules/-","value":{"apiGroups":[""],"resources":["pods"],"verbs":["get","list"]}}]'
