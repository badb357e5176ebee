"""Writes frames of every dtype as pandas writes them: python3 make.py (pip: pandas==2.2.3 pyarrow==25.0.1)."""
import datetime
import decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather as pf

rng=np.random.default_rng(7)
def idx(n,tz=None,unit="ns",name=None,start="2020-01-01"):
    i=pd.date_range(start,periods=n,freq="min",tz=tz).as_unit(unit); i.name=name; i.freq=None; return i
N=12
frames={}
def add(name,df): frames[name]=df
for t in ["int8","int16","int32","int64","uint8","uint16","uint32","uint64"]:
    info=np.iinfo(t); add(t,pd.DataFrame({"a":rng.integers(info.min,info.max,N,dtype=t,endpoint=True),"b":np.array([info.min,info.max]*(N//2),dtype=t)},index=idx(N)))
for t in ["float16","float32","float64"]:
    a=rng.normal(size=N).astype(t); a[3]=np.nan; a[4]=np.inf; a[5]=-np.inf; a[6]=-0.0
    add(t,pd.DataFrame({"a":a,"b":rng.normal(size=N).astype(t)},index=idx(N)))
add("bool",pd.DataFrame({"a":rng.integers(0,2,N).astype(bool)},index=idx(N)))
add("bool_object",pd.DataFrame({"a":[True,None,False,True]*3},index=idx(N)))
add("string",pd.DataFrame({"a":["é"*(i%5) for i in range(N)],"b":[None if i%3==0 else f"x{i}" for i in range(N)],"c":["a,\"\n\x00"]*N},index=idx(N)))
add("string_ext",pd.DataFrame({"a":pd.array(["x",None]*6,dtype="string")},index=idx(N)))
for t in ["Int8","Int16","Int32","Int64","UInt8","UInt64"]:
    add("ext_"+t,pd.DataFrame({"a":pd.array([1,None,100,5]*3,dtype=t)},index=idx(N)))
add("ext_Int64_big",pd.DataFrame({"a":pd.array([2**62+1,None,-2**63+1,5]*3,dtype="Int64")},index=idx(N)))
add("ext_UInt64_big",pd.DataFrame({"a":pd.array([2**64-1,None,1,5]*3,dtype="UInt64")},index=idx(N)))
add("ext_boolean",pd.DataFrame({"a":pd.array([True,None,False,True]*3,dtype="boolean")},index=idx(N)))
add("ext_Float32",pd.DataFrame({"a":pd.array([1.5,None,0.1,5]*3,dtype="Float32")},index=idx(N)))
add("ext_Float64",pd.DataFrame({"a":pd.array([1.5,None,0.1,5]*3,dtype="Float64")},index=idx(N)))
for u in ["s","ms","us","ns"]:
    add("datetime_"+u,pd.DataFrame({"a":pd.date_range("1960-01-01",periods=N,freq="37h").as_unit(u)},index=idx(N)))
    add("timedelta_"+u,pd.DataFrame({"a":pd.to_timedelta(np.arange(-6,6)*7777,unit="s").as_unit(u)},index=idx(N)))
    add("index_"+u,pd.DataFrame({"a":np.arange(N)},index=idx(N,unit=u,name="when")))
add("datetime_nat",pd.DataFrame({"a":pd.to_datetime(["2020-01-01 00:00:00.123456789",None]*6),"b":pd.to_timedelta(["1s",None]*6)},index=idx(N)))
add("datetime_tz",pd.DataFrame({"a":pd.date_range("2020-03-28",periods=N,freq="37min",tz="Europe/Berlin"),"b":pd.date_range("2020",periods=N,tz="UTC")},index=idx(N)))
add("datetime_offset",pd.DataFrame({"a":pd.date_range("2020-03-28",periods=N,freq="37min",tz="+05:30")},index=idx(N)))
add("far",pd.DataFrame({"a":np.array(["3020-01-01","0020-01-01"]*6,dtype="datetime64[s]")},index=idx(N)))
add("dates",pd.DataFrame({"a":[datetime.date(2020,1,1)+datetime.timedelta(i) for i in range(N)],"b":[None if i%2 else datetime.date(1900,2,3) for i in range(N)]},index=idx(N)))
add("times",pd.DataFrame({"a":[datetime.time(i%24,i%60,i%60,i*1000) for i in range(N)]},index=idx(N)))
add("decimals",pd.DataFrame({"a":[decimal.Decimal(i)/decimal.Decimal(100)-decimal.Decimal("0.50") for i in range(N)],"b":[None if i%2 else decimal.Decimal("12345678901234567890.12345") for i in range(N)]},index=idx(N)))
add("category",pd.DataFrame({"a":pd.Categorical(["a","b",None,"z"]*3,categories=["z","b","a","unused"]),"b":pd.Categorical(["lo","hi"]*6,categories=["lo","mid","hi"],ordered=True)},index=idx(N)))
add("category_int",pd.DataFrame({"a":pd.Categorical([3,1,None,2]*3),"b":pd.Categorical([1.5,2.5]*6),"c":pd.Categorical([True,False]*6)},index=idx(N)))
add("category_time",pd.DataFrame({"a":pd.Categorical(pd.to_datetime(["2020-01-01","2020-01-02"]*6))},index=idx(N)))
add("all_null",pd.DataFrame({"a":[None]*N,"b":[np.nan]*N},index=idx(N)))
add("tz_ny",pd.DataFrame({"a":np.arange(N)},index=idx(N,tz="America/New_York",start="2020-11-01",name="t")))
add("tz_utc",pd.DataFrame({"a":np.arange(N)},index=idx(N,tz="UTC")))
add("named_columns",pd.DataFrame({"a":np.arange(N)},index=idx(N)).rename_axis(columns="cols"))
d=pd.DataFrame(rng.normal(size=(N,3)),index=idx(N)); add("int_columns",d)
d=pd.DataFrame(rng.normal(size=(N,3)),index=idx(N)); d.columns=pd.Index([0.5,1.0,2.5]); add("float_columns",d)
d=pd.DataFrame(rng.normal(size=(N,3)),index=idx(N)); d.columns=pd.to_datetime(["2020-01-01","2020-01-02","2020-01-03"]); add("date_columns",d)
d=pd.DataFrame(rng.normal(size=(N,2)),index=idx(N)); d.columns=pd.MultiIndex.from_tuples([("x","a"),("x","b")]); add("multi_columns",d)
add("index_overlap",pd.DataFrame({"t":np.arange(N)},index=idx(N,name="t")))
add("column_index",pd.DataFrame({"index":np.arange(N)},index=idx(N)))
add("period",pd.DataFrame({"a":pd.period_range("2020-01",periods=N,freq="M")},index=idx(N)))
add("no_columns",pd.DataFrame(index=idx(N)))
add("wide",pd.DataFrame({f"c{i}":rng.normal(size=N) for i in range(9)},index=idx(N)))
add("long",pd.DataFrame({"a":rng.normal(size=3000),"b":np.arange(3000),"c":[f"s{i%7}" for i in range(3000)],"d":pd.Categorical([f"s{i%7}" for i in range(3000)])},index=idx(3000)))
add("pre1970",pd.DataFrame({"a":np.arange(N)},index=idx(N,start="1901-01-01")))

FEATHER = {"int64": "lz4", "string": "lz4", "long": "lz4", "category": "zstd", "datetime_tz": "zstd", "float64": "zstd"}

for name, df in frames.items():
    table = pa.Table.from_pandas(df)
    with pa.OSFile(f"{name}.arrow", "wb") as file, pa.ipc.new_stream(file, table.schema) as stream:
        stream.write_table(table, max_chunksize=1000)
    df.to_parquet(f"{name}.parquet")
    if name in FEATHER:
        pf.write_feather(table, f"{name}.feather", compression=FEATHER[name], chunksize=1000)
