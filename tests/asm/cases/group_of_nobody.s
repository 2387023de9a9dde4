{ CBAR 0 }
.group 0, 0..3
