/// The style sheet of the page. Its colors are those of the charts.
enum PageStyle {
    /// The smallest width of a window, in pixels, that shows the wide panels.
    private static let wideWindow = 1080

    static let rules = """
        *{box-sizing:border-box}
        body{margin:0;background:var(--surface);color:var(--ink);font:16px/1.5 system-ui,\
        -apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif}
        main{max-width:1240px;margin:0 auto;padding:28px 24px 60px}
        h1{font-size:1.75rem;line-height:1.2;margin:0 0 .6rem}
        h2{font-size:1.2rem;line-height:1.3;margin:0 0 .7rem}
        section{margin:2.6rem 0;scroll-margin-top:1rem}
        .lead{font-size:1.1rem;max-width:64rem;margin:.5rem 0}
        figcaption,.about,footer{color:var(--ink2);font-size:.9rem;margin:0;\
        columns:25rem 2;column-gap:26px}
        figure{margin:0;display:flex;flex-wrap:wrap;gap:.9rem 2.2rem;align-items:flex-start}
        figcaption{flex:1 1 25rem;min-width:0}
        figcaption.short,footer{columns:auto;max-width:64rem}
        a{color:var(--s1)}
        figcaption a{white-space:nowrap}
        nav{display:flex;flex-wrap:wrap;gap:.3rem 1.1rem;font-size:.9rem;margin-top:1.4rem;\
        padding:.8rem 0;border-block:1px solid var(--grid)}
        nav a{text-decoration:none}
        nav a:hover{text-decoration:underline}
        nav a.absent{color:var(--ink2)}
        .missing,.note{color:var(--ink2);border-left:3px solid var(--axis);padding-left:.8rem;\
        max-width:64rem}
        .panels,.legend{flex:1 0 100%;min-width:0}
        .panels{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,330px),1fr));\
        gap:22px 26px}
        .panels.small{grid-template-columns:repeat(auto-fill,minmax(min(100%,242px),1fr))}
        .panel svg{display:block;width:100%;height:auto}
        .panel svg.wide{display:none}
        .legend{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;list-style:none;margin:0;\
        padding:0;font-size:.9rem}
        .legend li{display:flex;align-items:center;gap:.5rem}
        .scroll{overflow-x:auto;max-width:100%;margin:0 0 .9rem}
        figure .scroll{flex:0 1 auto;margin:0}
        figcaption .scroll{margin-top:.9rem}
        table{border-collapse:collapse;font-size:.88rem;font-variant-numeric:tabular-nums}
        th,td{text-align:right;padding:.32rem .5rem;border-bottom:1px solid var(--grid);\
        white-space:nowrap}
        .text{text-align:left}
        th:first-child,td:first-child{padding-left:0}
        thead th{color:var(--ink2);font-weight:500;vertical-align:bottom;white-space:normal}
        tbody th{font-weight:600;position:sticky;left:0;background:var(--surface)}
        tbody th.long{white-space:normal}
        details{font-size:.9rem;margin:.3rem 0}
        summary{cursor:pointer;color:var(--s1)}
        pre{font-size:.8rem;line-height:1.35;overflow-x:auto;columns:22rem 3;margin:.6rem 0}
        footer{margin-top:3rem;font-size:.85rem}
        @media(min-width:\(wideWindow)px){.panel svg.wide{display:block}\
        .panel svg.narrow{display:none}\
        .panels.one,.panels.two{grid-template-columns:1fr}\
        .panels.two{grid-template-columns:1fr 1fr}\
        .one .panels{flex:0 0 64%}.one figcaption{flex-basis:0;columns:auto}\
        .one>.scroll{flex:1 0 100%}}
        @media(max-width:600px){main{padding:18px 14px 40px}h1{font-size:1.4rem}\
        .lead{font-size:1rem}}
        @media print{main{max-width:none;padding:0}nav,details{display:none}\
        body{font-size:10.5pt}.panels{grid-template-columns:repeat(2,1fr)}\
        .panel,tr,h2,figcaption{break-inside:avoid}h2,.legend{break-after:avoid}\
        th,td{white-space:normal;padding:.25rem .4rem}table{font-size:.78rem}section{margin:1.4rem 0}\
        .scroll{overflow:visible}}

        """
}
