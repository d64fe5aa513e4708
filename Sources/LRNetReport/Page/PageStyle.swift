/// The page's own style sheet; colours are the charts'.
enum PageStyle {
    static let rules = """
        *{box-sizing:border-box}
        body{margin:0;background:var(--surface);color:var(--ink);font:16px/1.5 system-ui,\
        -apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif}
        main{max-width:1240px;margin:0 auto;padding:28px 24px 60px}
        h1{font-size:1.75rem;line-height:1.2;margin:0 0 .4rem}
        h2{font-size:1.2rem;line-height:1.3;margin:0 0 .7rem}
        section{margin:2.6rem 0;scroll-margin-top:1rem}
        p,figcaption{max-width:76ch}
        .lead,figcaption,footer{color:var(--ink2)}
        figcaption{font-size:.9rem;margin-top:.6rem}
        figure{margin:0}
        a{color:var(--s1)}
        nav{display:flex;flex-wrap:wrap;gap:.3rem 1.1rem;font-size:.9rem;margin-top:1.4rem;\
        padding:.8rem 0;border-block:1px solid var(--grid)}
        nav a{text-decoration:none}
        nav a:hover{text-decoration:underline}
        nav a.absent{color:var(--ink2)}
        .missing,.note{color:var(--ink2);border-left:3px solid var(--axis);padding-left:.8rem}
        .panels{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,330px),1fr));\
        gap:22px 26px}
        .panels.pairs{max-width:900px}
        .panels.small{grid-template-columns:repeat(auto-fill,minmax(min(100%,242px),1fr))}
        .panel svg{display:block;width:100%;height:auto}
        .legend{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;list-style:none;margin:0 0 .7rem;\
        padding:0;font-size:.9rem}
        .legend li{display:flex;align-items:center;gap:.5rem}
        .scroll{overflow-x:auto;margin-top:1rem}
        table{border-collapse:collapse;font-size:.88rem;font-variant-numeric:tabular-nums}
        th,td{text-align:right;padding:.32rem .5rem;border-bottom:1px solid var(--grid);\
        white-space:nowrap}
        th:first-child,td:first-child{text-align:left;padding-left:0}
        thead th{color:var(--ink2);font-weight:500;vertical-align:bottom}
        tbody th{font-weight:600}
        footer{margin-top:3rem;font-size:.85rem;max-width:76ch}
        @media(max-width:600px){main{padding:18px 14px 40px}h1{font-size:1.4rem}}
        @media print{main{max-width:none;padding:0}nav{display:none}\
        body{font-size:10.5pt}.panels{grid-template-columns:repeat(2,1fr)}\
        .panel,tr,h2,figcaption{break-inside:avoid}h2,.legend{break-after:avoid}\
        th,td{white-space:normal;padding:.25rem .4rem}table{font-size:.78rem}section{margin:1.4rem 0}\
        .scroll{overflow:visible}}

        """
}
