kubectl create rolebinding @{second} --role=@{role} --serviceaccount=@{namespace}:@{second} -n @{namespace}
# The mount that every Pod gets does it as well, once the own volume is out of the way.
kubectl patch deployment @{first} -n @{namespace} --type=json -p '[
  {"op":"remove","path":"/spec/template/spec/automountServiceAccountToken"},
  {"op":"remove","path":"/spec/template/spec/containers/0/volumeMounts"},
  {"op":"remove","path":"/spec/template/spec/volumes"}]'
kubectl rollout status deployment @{first} -n @{namespace} --timeout=60s
