"""Word pools for generated values: names of people, places, firms, products and the like."""

FIRST = """Anna Boris Carla Dmitri Elena Felix Greta Hassan Ingrid Jonas Karin Luca Maria Nils Olga Pavel Quentin Rosa Stefan Tara Ursula
Viktor Wanda Xavier Yara Zoltan Alice Bruno Chloe Derek Emma Frank Gina Harold Irene Julian Kofi Leila Marcus Nadia Oscar Priya
Rahul Sofia Tomas Uma Vera Walter Yusuf Zoe Amelia Benedict Clara Dorian Esther Fatima Gregor Helga Ivan Judith Kenji Lena""".split()
LAST = """Abbott Bauer Castillo Dubois Eriksen Fischer Garcia Hoffman Ivanov Jansen Keller Lindqvist Moreau Novak Okafor Petrov Quinn
Rossi Schmidt Takeda Ueda Vargas Weber Xu Young Zimmer Andersson Brooks Chandra Delgado Evans Ferreira Grant Hughes Ishikawa
Jensen Kowalski Lambert Mendez Nakamura Osei Parker Reyes Silva Thornton Ulrich Villanueva Walsh Yamada Zhang""".split()
CITY = """Boston Lisbon Oslo Vienna Madrid Chicago Toronto Lyon Hamburg Porto Denver Krakow Seattle Dublin Geneva Osaka Lima Nairobi
Austin Bergen Utrecht Milan Leeds Prague Sydney Austin Portland Ghent Turin Valencia""".split()
CITY += ["New York", "San Diego", "Cape Town", "Buenos Aires", "Salt Lake City"]
COUNTRY = """France Germany Spain Italy Japan Canada Brazil India Norway Poland Portugal Mexico Kenya Egypt Austria Ireland Peru Chile
Sweden Netherlands""".split() + ["United States", "United Kingdom", "South Africa", "New Zealand"]
COMPANY_A = """Northwind Bluepeak Harbor Crestline Ironwood Silverlake Summit Redstone Oakfield Brightwater Lakeside Evergreen Pinnacle
Sunrise Granite Falcon Atlas Meridian Cobalt Willow Beacon Orchard Copper Maple""".split()
COMPANY_B = "Ltd,Group,Industries,Partners,Trading,Systems,Foods,Logistics,Labs,Holdings,& Sons,Media,Works".split(",")
PRODUCT_A = "Classic,Ultra,Compact,Deluxe,Eco,Premium,Smart,Basic,Pro,Mini,Heavy Duty,Organic,Vintage".split(",")
PRODUCT_B = """Lamp,Chair,Kettle,Backpack,Speaker,Desk,Mug,Bicycle,Drill,Jacket,Notebook,Monitor,Blender,Tent,Helmet,Keyboard,Watch,Pillow,
Camera,Heater,Scarf,Bottle,Router,Grill""".replace("\n", "").split(",")
TITLE_A = """Silent,Golden,Broken,Hidden,Last,Distant,Crimson,Quiet,Endless,Lost,Burning,Winter,Summer,Forgotten,Secret,Electric,Paper,Midnight,
Wild,Hollow""".replace("\n", "").split(",")
TITLE_B = """River,Garden,Mirror,Harbor,Letters,Echo,Horizon,Forest,Bridge,Promise,Station,Island,Shadow,Road,Voyage,Castle,Song,Season,
Machine,Empire,Kitchen,Window""".replace("\n", "").split(",")
WORD = """amber birch cedar delta ember flint grove haven indigo juniper karma lotus mango nectar onyx pearl quartz raven sable tulip umber
velvet willow zephyr""".split()
STREET = "Oak,Maple,Mill,Church,Station,Park,King,Queen,River,Hill,Garden,Market,Bridge,Lake".split(",")
STREET_KIND = ["Street", "Road", "Avenue", "Lane", "Square"]
COLOR = "red blue green black white silver yellow orange purple brown grey beige".split()
PET = "Bella Max Luna Charlie Coco Rocky Milo Daisy Simba Nala Oreo Ginger Biscuit Pepper Shadow Ziggy Mocha Pickles Toffee Waffles".split()
DOMAIN = ["example.com", "mailbox.org", "post.net", "inbox.io"]
SENTENCE_A = "checked,updated,confirmed,reviewed,delayed,noted,agreed,cancelled,repeated".split(",")
SENTENCE_B = """with the team,by phone,after a complaint,without problems,on short notice,as planned,for next month,because of rain,
at the front desk,by the manager""".replace("\n", "").split(",")
SENTENCE_C = "Delivery,Order,Payment,Follow-up,Inspection,Meeting,Report,Repair,Request,Treatment".split(",")
