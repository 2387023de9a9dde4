.equ PAGES, 4
{ CSTEP p0, linear, PAGE }
