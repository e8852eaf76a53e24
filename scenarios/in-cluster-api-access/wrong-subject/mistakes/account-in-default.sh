kubectl create serviceaccount stock-sync -n default
kubectl create serviceaccount price-sync -n default
