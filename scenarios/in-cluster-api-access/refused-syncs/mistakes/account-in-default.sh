kubectl create serviceaccount @{first} -n default
kubectl create serviceaccount @{second} -n default
