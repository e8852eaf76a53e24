kubectl create rolebinding @{second} --role=@{role} --serviceaccount=@{namespace}:@{second} -n @{namespace}
kubectl patch deployment @{first} -n @{namespace} --type=json \
  -p '[{"op":"remove","path":"/spec/template/spec/volumes/0/projected/sources/0/serviceAccountToken/audience"}]'
kubectl rollout status deployment @{first} -n @{namespace} --timeout=60s
