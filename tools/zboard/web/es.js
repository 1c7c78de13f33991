/* SPDX-License-Identifier: MPL-2.0
 *
 * es.js - todas las palabras de la página en español, con los mismos nombres que en en.js. Las funciones
 * reciben valores ya formateados, o recuentos.
 */
import { count } from "./locale.js";

const when = (at) => /^\d\d:/.test(at) ? `las ${at}` : `el ${at}`; /* una hora, o un día y una hora */
const n = (number, one, many) => `${count(number)} ${number === 1 ? one : many}`;

export default {
    skip: "Ir a los datos", liveness: "Estado de la conexión", language: "Idioma", theme: "Tema",
    themeSystem: "Sistema", themeLight: "Claro", themeDark: "Oscuro", choice: "Qué se muestra",
    window: "Periodo", hour: "1 h", today: "Hoy", "24h": "24 h", "7d": "7 días", "30d": "30 días",
    month: "Mes", all: "Todo", groupBy: "Agrupar por", service: "Servicio", allServices: "todos los servicios",
    by_model: "modelo", by_tier: "nivel", by_service: "servicio", by_provider: "proveedor", by_type: "tipo",
    foot: "Dólares estadounidenses, exactos al nanodólar. Horas, días y meses en tu zona horaria:", dayShort: "d",

    streamWait: "Conectando", streamOpen: "En directo", streamLost: "Reconectando",
    streamTitle: "Conexión de esta página con zboard",
    daemonWait: "zcostd –", daemonUp: "zcostd activo", daemonAway: "zcostd inaccesible",
    daemonUnknown: "zcostd: estado desconocido", daemonTitle: "Conexión de zboard con el demonio",
    ageNone: "Aún sin datos", age: (age) => `Datos de hace ${age}`,
    ageLate: (age) => `Datos de hace ${age}, con retraso`,
    ageTitle: (at, every) => `Última instantánea: ${at}; se espera una cada ${every}`,

    streamGone: (at) => `Sin conexión desde ${when(at)}.`, streamRetry: "Se reintenta automáticamente.",
    daemonGone: (at) => `zcostd no responde desde ${when(at)}.`,
    daemonRetry: "La página se reanudará sola en cuanto vuelva; los eventos esperan en las colas de sus emisores.",
    numbersAsOf: (at) => `Cifras sin actualizar desde ${when(at)}.`,
    overdueTitle: "No llegan cifras nuevas, aunque todo consta como activo.",
    unpricedTitle: (number) => `${n(number, "evento no tiene", "eventos no tienen")} precio conocido: `
        + "los totales marcados con + se quedan cortos.",
    unpricedModels: (models) => `Desde el inicio del registro: ${models}.`,
    unpricedWindow: (number) => `En esta vista: ${count(number)}.`,
    unpricedNot: "Ninguno en esta vista.",
    lostTitle: (what) => `Sin contabilizar: ${what}.`,
    nRejected: (number) => n(number, "rechazado", "rechazados"), nLost: (number) => n(number, "perdido", "perdidos"),
    nDropped: (number) => n(number, "descartado", "descartados"),
    lostReasons: (reasons) => `Motivos del rechazo: ${reasons}.`,
    lostText: "No figuran en ningún total; véase Calidad de los datos.",
    putAway: "Ocultar hasta que haya más", putAwayUnpriced: "Ocultar hasta que otro modelo no tenga precio",
    andMore: (number) => ` y ${count(number)} más`,
    noAnswer: "sin respuesta", asOf: (at) => `sin actualizar desde ${when(at)}`,
    otherChoice: "sin respuesta: se sigue mostrando la selección anterior",

    emptyTitle: "Todavía no hay eventos",
    emptyText: "El registro está listo. Envía el primer evento desde cualquier lenguaje que tenga ZeroMQ y msgpack:",
    emptyMore: "O reproduce una demostración con zreplay --demo. Las cifras aparecerán aquí solas.",

    money: "Dinero", totalCost: "Coste total", rate: "Ritmo actual", rateUnder: "en los últimos 5 minutos",
    rateHour: "en la última hora", perHour: (money) => `${money}/h`, monthSoFar: "Mes en curso",
    projected: "previstos", monthOver: (share) => `transcurrido el ${share} del mes`,
    paceSince: (day) => `al ritmo medio desde el ${day}`, ledgerBegan: "el primer día del registro",
    tooEarly: "aún es pronto para prever",
    savings: "Ahorro del enrutador", queries: "Consultas enrutadas",
    routerAndCalls: (router, calls) => `enrutador ${router} + otras llamadas ${calls}`,
    below: (model) => `menos que solo con ${model}`, above: (model) => `más que solo con ${model}`,
    ofItAssumed: (money) => `de los cuales ${money} estimados`,
    allMeasured: "todo medido", noSaving: "sale más caro", routed: "asignadas a un nivel",
    nUnpriced: (number) => `${count(number)} sin precio`,
    tooLow: "importe incompleto: no incluye los eventos sin precio",
    vsHour: "frente a la hora anterior", vsDay: "frente a ayer a esta hora",
    vs24h: "frente a las 24 h anteriores", vs7d: "frente a los 7 días anteriores",
    vs30d: "frente a los 30 días anteriores",
    vsMonth: "frente al mes pasado, a estas alturas",

    spend: "Gasto en el tiempo", cumulative: "acumulado", noSpend: "No hubo gasto en este periodo",
    legend: "Leyenda: mostrar u ocultar grupos", asTable: "Ver como tabla", time: "Hora", total: "Total",
    other: "otros", without: (by) => `(sin ${{ model: "modelo", tier: "nivel", service: "servicio",
        provider: "proveedor", type: "tipo" }[by] || by})`, weekOf: (day) => `semana del ${day}`,
    chartSays: (total, name, money) => `Gráfico de barras. Total ${total}; el mayor gasto, ${name}: ${money}. `
        + "Debajo, los datos en una tabla.",
    type_query_router: "consulta enrutada", type_llm_call: "otra llamada", type_embedding_cache: "caché de embeddings",
    type_rag_parallel: "precarga RAG",

    tiers: "Niveles del enrutador", tierAndModel: "Nivel, modelo", queriesShort: "Consultas",
    share: "% total", cost: "Coste", perQuery: "Por consulta", savedShort: "Ahorro", model: "Modelo",
    unpriced: "sin precio",
    baseline: (model, measured, assumed, flat) =>
        `Referencia ${model}: ${count(measured)} medidas, ${count(assumed)} estimadas a ${flat}`,

    caches: "Cachés, precargas y otras llamadas", embeddingCache: "Caché de embeddings", hitRate: "de aciertos",
    hitsOf: (number) => `aciertos de ${n(number ?? 0, "petición", "peticiones")}`, saved: "ahorrados",
    savedAssumed: (money) => `ahorrados, ${money} estimados`, preloads: "Precargas RAG",
    savedEach: "ahorrados de media",
    preloadsWord: "precargas", measuredOf: (some, all) => `${count(some)} de ${count(all)} medidas`,
    promptCache: "Caché de prompts", netSaved: "de ahorro neto", promptUnder: "descontado el sobrecoste de escritura",
    promptRead: (share, tokens) => `${share} de la entrada leído de ella (${tokens})`,
    otherCalls: "Otras llamadas", callsWord: "llamadas", ofTotal: (share) => `${share} del total`,
    ofTotalNone: "en total",

    topModels: "Modelos con más gasto", topServices: "Servicios con más gasto", events: "Eventos", tokens: "Tokens",
    latency: "Latencia", tokensIn: "entrada", tokensOut: "salida", tokensSaved: "ahorrados", p50: "p50", p95: "p95",
    p99: "p99",
    noRows: "Sin eventos en este periodo", moreRows: (number) => `${count(number)} más`,
    clickService: "elige uno para filtrar",
    clickAgain: "vuelve a elegirlo para ver todos",

    budgets: "Presupuestos", state_ok: "en orden", state_warning: "aviso", state_breached: "superado",
    state_pending: "calculando", spentOf: (spent, limit) => `${spent} de ${limit}`, ofLimit: (limit) => `de ${limit}`,
    projectedSum: (money) => `previsión ${money}`, noProjection: "aún sin previsión",
    gauge: (share, thresholds, passed) =>
        `Gastado el ${share} del límite; umbrales ${thresholds}; superados: ${passed}`,
    lastHours: (hours) => `últimas ${hours} h`, period_day: "día", period_month: "mes",
    noBudgets: "No hay presupuestos configurados. Véase zcostd.conf(5).", allWithin: "todos dentro del límite",
    needLook: (number) => n(number, "requiere atención", "requieren atención"),
    alerts: "Alertas recientes", alert: "Alerta de presupuesto",
    noAlerts: "No se ha superado ningún umbral.", passed: (percent) => `superó el ${percent}`,

    quality: "Calidad de los datos", qualityGood: "todos los eventos contados y con precio",
    qualityBad: "faltan eventos en los totales",
    fact_accepted: "Eventos aceptados", fact_rejected: "Rechazados", fact_unpriced: "Sin precio",
    fact_lost: "Perdidos", fact_dropped: "Descartados", fact_duplicate: "Duplicados", fact_journal: "Diario",
    fact_store: "Almacén", fact_producers: "Emisores", fact_cells: "Celdas", fact_uptime: "Tiempo activo",
    fact_prices: "Tabla de precios", fact_waiting: "En espera", waits: "zcostd está esperando",
    since: (at) => `desde ${at}`,
    lostNote: "ya no pueden llegar", droppedNote: "por estar llenas las colas de los emisores",
    duplicateNote: "reenviados, contados una vez", inMemory: "solo en memoria", is_none: "ninguno",
    is_synced: "sincronizado", is_syncing: "sincronizando", is_idle: "en reposo", is_writing: "escribiendo",
    journalNote: (age, size) => `hace ${age} · ${size}`, storeNote: (age, size) => `guardado hace ${age} · ${size}`,
    expired: (number) => `activos · ${n(number, "caducado", "caducados")}`, memoryNote: (size) => `${size} de memoria`,
    foldedNote: (number) => `${n(number, "evento agrupado", "eventos agrupados")} en «otros»`,
    nModels: (number) => n(number, "modelo", "modelos"), builtin: "integrada",
    notRead: (number) => `${count(number)} sin leer`, loaded: (at) => `cargada ${at}`,

    signInTitle: "Entrar en zboard", token: "Token de acceso", signIn: "Entrar", signOut: "Salir",
    wrongToken: "El token no es válido.", noServer: "El servidor no responde. Inténtalo de nuevo.",
};
